package index

import (
	"cmp"
	"slices"

	"faultline/analysis"
)

// Related are the patterns that tell of the failure that one pattern tells of,
// each list with the heaviest first.
type Related struct {
	AlsoSaid  []analysis.Pattern `json:"also_said,omitempty"` // they quote the same innermost error, or are it
	Elsewhere []analysis.Pattern `json:"elsewhere,omitempty"` // the same exceptions, which arose at another place
}

// Related returns what else tells of a pattern's failure. It is empty for an
// unknown pattern.
func (c *Case) Related(id string) (Related, error) {
	var r Related
	v, err := c.view()
	if err != nil {
		return r, err
	}
	i, ok := v.byID[id]
	if !ok {
		return r, nil
	}
	all := v.patterns()
	p := &all[i]
	for k := range all {
		o := &all[k]
		switch {
		case o.ID == p.ID:
		case p.At != "" && o.At != "" && o.Template == p.Template:
			r.Elsewhere = append(r.Elsewhere, *o)
		case p.InnerID != "" && (o.InnerID == p.InnerID || o.ID == p.InnerID), o.InnerID == p.ID:
			r.AlsoSaid = append(r.AlsoSaid, *o)
		}
	}
	for _, list := range [][]analysis.Pattern{r.AlsoSaid, r.Elsewhere} {
		slices.SortFunc(list, func(x, y analysis.Pattern) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.ID, y.ID))
		})
	}
	return r, nil
}
