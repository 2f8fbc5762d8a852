package report

import (
	"fmt"
	"html/template"

	"faultline/analysis/chart"
)

// Sizes of the charts, in the units of their SVG; the page scales them to its
// width.
const (
	chartWidth     = 900
	timelineHeight = 190
	weekHeight     = 230
	sharesHeight   = 64
)

// timeline draws the failing records over time; nothing when none has a time.
func timeline(d *document) (template.HTML, error) {
	if d.Timeline.Width <= 0 || chart.Buckets(d.Timeline) == 0 {
		return "", nil
	}
	return drawn(chart.Histogram{Data: d.Timeline}.SVG(chartWidth, timelineHeight))
}

// week draws the failure episodes by weekday and hour; nothing when there is
// none.
func week(d *document) (template.HTML, error) {
	var sum int64
	for _, day := range d.Week.Counts {
		for _, n := range day {
			sum += n
		}
	}
	if sum == 0 {
		return "", nil
	}
	return drawn(chart.Week{Data: d.Week}.SVG(chartWidth, weekHeight))
}

// shares draws how much is explained.
func shares(d *document) (template.HTML, error) {
	return drawn(chart.Shares{Parts: chart.Verdicts(d.Shares)}.SVG(chartWidth, sharesHeight))
}

// drawn passes a chart into the page: package chart escapes every text in it.
func drawn(svg []byte, err error) (template.HTML, error) {
	if err != nil {
		return "", fmt.Errorf("draw chart: %w", err)
	}
	return template.HTML(svg), nil
}
