package screen

import "testing"

func TestFirstSentence(t *testing.T) {
	for _, x := range []struct{ in, first, rest string }{
		{"", "", ""},
		{"One thing failed.", "One thing failed.", ""},
		{"One thing failed. Another did not.", "One thing failed.", "Another did not."},
		{"12 of 85 job runs failed (14.12 %, 95 % interval 7.51 to 23.36 %) in 2 days. 3 tests, e.g. TestA, fail. No more.", "12 of 85 job runs failed (14.12 %, 95 % interval 7.51 to 23.36 %) in 2 days.", "3 tests, e.g. TestA, fail. No more."},
		{"Node a.example.com. stopped at 10:00:00.123Z, e.g. No. 5. 1 event goes on.", "Node a.example.com. stopped at 10:00:00.123Z, e.g. No. 5.", "1 event goes on."},
		{"Version v1.2. Then more.", "Version v1.2.", "Then more."},
		{"The share is 5. The rest is unknown.", "The share is 5.", "The rest is unknown."},
		{"Disk 満. “Full” is what it says.", "Disk 満.", "“Full” is what it says."},
		{"It ends in an open stop . ", "It ends in an open stop . ", ""},
	} {
		first, rest := firstSentence(x.in)
		if first != x.first || rest != x.rest {
			t.Errorf("%q: %q and %q, want %q and %q", x.in, first, rest, x.first, x.rest)
		}
	}
}

func TestDays(t *testing.T) {
	for in, want := range map[string]string{
		"of 31.6 days from 2022-11-20 02:00:54Z to 2022-12-21 16:44:02Z": "of 31.6 days, 2022-11-20 to 2022-12-21",
		"of 2 hours from 2022-11-20 02:00:54Z to 2022-11-20 04:00:02Z":   "of 2 hours, 2022-11-20 02:00 to 04:00",
		"over 31.6 days of observed time":                                "over 31.6 days of observed time",
		"":                                                               "",
	} {
		if got := days(in); got != want {
			t.Errorf("days(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestShortJob(t *testing.T) {
	for _, x := range []struct{ pipeline, job, want string }{
		{"nightly", "", "nightly"},
		{"", "build", "build"},
		{"nightly", "nightly", "nightly"},
		{"nightly", "nightlybuild", "nightlybuild"},
		{"nightly", "nightly/build", "build"},
		{"cis", "cis.cis-1.3.1.[FAIL]", "1.3.1.[FAIL]"},
	} {
		if got := shortJob(x.pipeline, x.job); got != x.want {
			t.Errorf("shortJob(%q, %q) = %q, want %q", x.pipeline, x.job, got, x.want)
		}
	}
}
