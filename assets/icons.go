package assets

import "embed"

// Icons are the program's icon (faultline.svg) and those of its navigation,
// which take the theme's colours.
//
//go:embed icons/*.svg
var Icons embed.FS
