// Package app is Faultline's main window: navigation, the query and the
// filter's conditions, the menu with every shortcut, background jobs with
// progress and cancel, dialogs and preferences. What a page shows is the
// business of package screen.
//
// It takes a fyne.App and never makes one, so that the whole window also runs
// under Fyne's test driver, without a display.
package app
