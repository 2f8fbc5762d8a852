package index_test

import (
	"slices"
	"testing"

	"faultline/index"
)

func TestFragments(t *testing.T) {
	for expr, want := range map[string][]string{
		`[a-z]xq[0-9]`:               {"xq 2"},
		`(?i)Timeout after \d+`:      {"timeout 5"},
		`(?i)task`:                   nil, // k and s have siblings beyond ASCII
		`refused|timed out`:          {"refused 5", "timed 3"},
		`refused|.`:                  nil,
		`a(bcd)+e`:                   {"abcd 2"},
		`conn[a-z]*refused`:          {"refused 5"},
		`x{3}`:                       {"xxx 1"},
		`ab[c-e]`:                    {"ab 1"},
		`ab.c`:                       nil,
		`12345`:                      nil,
		`blk_-?\d+`:                  {"blk_ 2"},
		`user_[0-9]{2}[a-z]`:         {"user_ 4"},
		`für`:                        nil,
		`[\w]ab[\w]`:                 nil,
		`(?:error|warn)[0-9] abcdef`: {"abcdef 4"},
	} {
		var got []string
		if got = index.Fragments(expr); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}
