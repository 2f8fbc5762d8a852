// Package assets holds what is built into the programs: the catalogue of
// failure causes and the synonyms of ranked search. It has data only and
// imports nothing but embed.
package assets

import "embed"

// Causes is the catalogue of failure causes: causes/*.yaml in the format that
// package cause describes.
//
//go:embed causes/*.yaml
var Causes embed.FS

// Synonyms is what people call the same thing when they search: see the head
// of the file.
//
//go:embed search/synonyms.txt
var Synonyms string
