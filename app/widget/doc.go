// Package widget holds the parts that Faultline's screens are made of: the
// theme, a log view that is exact at any number of rows, charts that can be
// hovered, clicked and brushed, a dense table, and small parts such as tiles,
// chips and toasts.
//
// Widgets are told what to show and report intent by callback; they ask no
// case and decide nothing. All of it is used from Fyne's own goroutine.
package widget
