package pattern_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTitles mines records that name things in words of their own.
func TestTitles(t *testing.T) {
	messages := []string{
		"Started Night Watch.", "Started Door Keeper of the House.", "Started Bell.", "Started Light Switch.",
		"Started Lamp Oil Supply.", "Started Gate.", "Started Fog Horn Service.", "Started keeper of keys.", "Started Post: letters only.",
		"Stopping Night Watch...", "Stopping Old Mill...", "Stopping reason unknown here, see above",
		"Failed Night Watch.",
	}
	want := []string{
		"Started <*>.", "Started <*>.", "Started <*>.", "Started <*>.",
		"Started <*>.", "Started <*>.", "Started <*>.", "Started <*>.", "Started <*>.",
		"Stopping <*>...", "Stopping <*>...", "Stopping reason unknown here, see above",
		"Failed Night Watch.",
	}
	if d := cmp.Diff(want, mineMessages(messages)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	// Journals are exported with their other fields behind the text.
	for i := range messages {
		messages[i] += " ID=7 RESULT=done"
		want[i] += " ID=<*> RESULT=done"
	}
	if d := cmp.Diff(want, mineMessages(messages)); d != "" {
		t.Errorf("with fields behind: -want +got\n%s", d)
	}
}
