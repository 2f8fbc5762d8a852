// Package screen holds Faultline's screens, one file each, and the session
// that they share: the case, its assessment, and the one filter that narrows
// them all.
//
// A screen asks the case and the assessment and shows the answer; every change
// goes through the Session, which tells the screens. Questions run outside
// Fyne's goroutine, answers are shown in it (Asker). What only the program can
// do (dialogs, imports, files) a screen asks of its Host.
package screen
