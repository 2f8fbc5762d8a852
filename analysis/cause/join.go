package cause

import "regexp"

// joinKeys are what two records can be joined by, the strongest first.
var joinKeys = []string{"container", "pod", "unit", "host", "address", "namespace"}

var address = regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?\b`)

// joined returns the key that two lines share, with its value, "" for none.
func joined(a, b *Line) string {
	x, y := a.Resource, b.Resource
	switch {
	case x.Pod != "" && x.Pod == y.Pod && x.Namespace == y.Namespace:
		return "pod " + x.Pod
	case x.Container != "" && x.Container == y.Container && x.Pod == "" && y.Pod == "":
		return "container " + x.Container
	case x.Unit != "" && x.Unit == y.Unit && x.Host == y.Host:
		return "unit " + x.Unit
	case x.Host != "" && x.Host == y.Host:
		return "host " + x.Host
	}
	for _, ip := range address.FindAllString(a.Text, 4) {
		for _, other := range address.FindAllString(b.Text, 4) {
			if ip == other {
				return "address " + ip
			}
		}
	}
	if x.Pod == "" && y.Pod == "" && a.Origin.Path != "" && a.Origin.Path == b.Origin.Path && x.Namespace != "" && x.Namespace == y.Namespace {
		return "namespace " + x.Namespace
	}
	return ""
}
