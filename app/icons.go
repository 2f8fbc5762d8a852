package app

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"faultline/app/screen"
	"faultline/assets"
)

// icons are the program's own.
type icons struct {
	program              fyne.Resource
	back, forward, light fyne.Resource
	page                 map[screen.Page]fyne.Resource
}

func loadIcons() icons {
	themed := func(name string) fyne.Resource { return theme.NewThemedResource(icon(name)) }
	return icons{
		program: icon("faultline"), back: themed("back"), forward: themed("forward"), light: themed("light"),
		page: map[screen.Page]fyne.Resource{
			screen.PageOverview: themed("overview"), screen.PagePatterns: themed("patterns"), screen.PageExplore: themed("explore"),
			screen.PageRuns: themed("runs"), screen.PageSources: themed("sources"), screen.PageFindings: themed("findings"),
		},
	}
}

func icon(name string) fyne.Resource {
	b, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(err) // it is embedded: a bug
	}
	return fyne.NewStaticResource(name+".svg", b)
}
