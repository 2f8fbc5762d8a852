package report

import "html/template"

func timeline(d *document) template.HTML { return "" }
func week(d *document) template.HTML     { return "" }
func shares(d *document) template.HTML   { return "" }
