// Package chart draws Faultline's charts with go-chart at an exact pixel size
// and keeps their geometry, so that the window can tell what the mouse is over
// and the report can embed the same chart as SVG. It is the only package that
// names go-chart, and it knows no user interface.
//
// A chart is a struct of data and a Style. Draw paints it into an image and
// returns a Surface: the image, the plot area, the time axis and a box for
// everything that was drawn. SVG writes the same chart as a document whose
// texts are escaped. Equal charts give equal bytes.
//
//	Histogram  counts over time, stacked, with blind spans and marks
//	Week       counts by hour and weekday
//	Shares     one bar of parts that add up to the whole
//	Spark      a histogram without axes, small enough for a table row
//	Lanes      runs over time, a row per job, coloured by result
//
// A chart without data is drawn as an empty frame, never an error.
package chart
