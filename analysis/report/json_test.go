package report_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"faultline/analysis/report"
)

func TestJSONHidesNothing(t *testing.T) {
	const text = "a\x1b[31m\x7f\u009b2J\u202eb\u200d\U000e0041 größe <b>\n"
	var b bytes.Buffer
	if err := report.JSON(&b, []string{text}); err != nil {
		t.Fatal(err)
	}
	const want = "[\n  \"a\\u001b[31m\\u007f\\u009b2J\\u202eb\\u200d\\udb40\\udc41 größe <b>\\n\"\n]\n"
	if b.String() != want {
		t.Errorf("JSON(%q) = %q, want %q", text, b.String(), want)
	}
	var back []string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 1 || back[0] != text {
		t.Errorf("read back as %q, %v, want %q", back, err, text)
	}
}
