package format_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/format"
)

const (
	eventsXML = `<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control Manager'/><EventID Qualifiers='49152'>7034</EventID><Level>2</Level><TimeCreated SystemTime='2024-03-05T17:14:24.619000000Z'/><Computer>web01</Computer></System><EventData><Data Name='param1'>Spooler</Data><Data>1</Data></EventData></Event>
<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='EventLog'/><EventID>6013</EventID><Level>4</Level><TimeCreated SystemTime='2024-03-05T17:15:00Z'/><Computer>web01</Computer></System><EventData/><RenderingInfo Culture='en-US'><Message>The system uptime is 5 seconds &amp; more.</Message></RenderingInfo></Event>
</Events>
`
	eventsText = `Event[0]:
  Log Name: System
  Source: Service Control Manager
  Date: 2024-03-05T17:14:24.619
  Event ID: 7034
  Level: Error
  Computer: web01
  Description:
The Spooler service terminated unexpectedly.

It has done this 1 time(s).

Event[1]:
  Log Name: System
  Source: EventLog
  Date: 2024-03-05T17:15:00.000Z
  Event ID: 6013
  Level: Information
  Computer: web01
  Description:
N/A

`
)

func TestWindowsEvents(t *testing.T) {
	for name, test := range map[string]struct{ data, format, want string }{
		"XML": {eventsXML, "windows-event", `17:14:24.619 error web01/Service Control Manager "event 7034 param1=Spooler 1"
17:15:00.000 info web01/EventLog "The system uptime is 5 seconds & more."
document "</Events"`},
		"one line each": {
			strings.NewReplacer("<Events>", "", "</Events>\n", "", `<?xml version="1.0" encoding="utf-8" standalone="yes"?>`+"\n", "").Replace(eventsXML), "windows-event",
			`17:14:24.619 error web01/Service Control Manager "event 7034 param1=Spooler 1"
17:15:00.000 info web01/EventLog "The system uptime is 5 seconds & more."`,
		},
		"broken": {strings.Replace(eventsXML, "<EventID>6013</EventID>", "<EventID>6013", 1), "windows-event", `17:14:24.619 error web01/Service Control Manager "event 7034 param1=Spooler 1"
document "<Event x"
document "</Events"`},
		"text": {eventsText, "windows-event", `17:14:24.619 error web01/Service Control Manager "The Spooler service terminated unexpectedly.\n\nIt has done this 1 time(s)."
17:15:00.000 info web01/EventLog "N/A"`},
		"other XML": {`<?xml version="1.0"?>` + "\n<Events><Event>party</Event></Events>\n", "xml", `document "<?xml ve"
document "<Events>"`},
	} {
		t.Run(name, func(t *testing.T) {
			d := format.Detect("system.txt", []byte(test.data), true)
			if d.Format != test.format {
				t.Fatalf("format %q, want %q", d.Format, test.format)
			}
			var got []string
			for _, r := range readAll(t, d.Reader(format.Options{}), []byte(test.data)) {
				if r.Kind == analysis.KindDocument {
					got = append(got, fmt.Sprintf("document %q", r.Message[:min(len(r.Message), 8)]))
					continue
				}
				got = append(got, fmt.Sprintf("%s %s %s/%s %q", r.When().Format("15:04:05.000"), r.Severity, r.Resource.Host, r.Resource.Unit, r.Message))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzEventXML(f *testing.F) {
	f.Add([]byte(eventsXML))
	fuzzEvents(f)
}

func FuzzEventText(f *testing.F) {
	f.Add([]byte(eventsText))
	fuzzEvents(f)
}

func fuzzEvents(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		r := format.Detect("system.txt", data, true).Reader(format.Options{})
		if r == nil {
			return
		}
		if _, err := readCut(r, data, func() int { return 100 }); err != nil {
			t.Fatal(err)
		}
	})
}
