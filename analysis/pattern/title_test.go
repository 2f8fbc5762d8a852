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

// TestMiddleTitles mines records that name things in words of their own between
// others.
func TestMiddleTitles(t *testing.T) {
	messages := []string{
		"The check of Night Watch was left out", "The check of Door Keeper of the House was left out", "The check of Bell was left out",
		"The check of Light Switch was left out", "The check of Lamp Oil Supply was left out", "The check of Gate was left out",
		"The check of Bell has failed to work", "The check of what there is was left out",
	}
	want := []string{
		"The check of <*> was left out", "The check of <*> was left out", "The check of <*> was left out",
		"The check of <*> was left out", "The check of <*> was left out", "The check of <*> was left out",
		"The check of Bell has failed to work", "The check of what there is was left out",
	}
	if d := cmp.Diff(want[:7], mineMessages(messages[:7])); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	// With one that is no title among them, nothing is told of any.
	if d := cmp.Diff(messages[2:], mineMessages(messages[2:])); d != "" {
		t.Errorf("with a sentence: -want +got\n%s", d)
	}
}
