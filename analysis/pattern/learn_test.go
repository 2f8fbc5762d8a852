package pattern_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLearn mines texts of which each alone shows too little: what varies is
// learned of all of them together.
func TestLearn(t *testing.T) {
	learned := map[string][][2]string{}
	for _, c := range []struct{ name, message, want string }{
		{"digits", "[conn2] opened the door", "[<*>] opened the door"},
		{"digits", "[conn30] closed the box", "[<*>] closed the box"},
		{"digits", "[conn417] shut the box", "[<*>] shut the box"},
		{"digits", "conn5 is gone", "<*> is gone"},
		{"digits", "set conn5=8 and more", "set conn5=<*> and more"},
		{"digits", "the disk3 is mounted", "the disk3 is mounted"},
		{"a key", `pull begins container="web" now`, `pull begins container="<*>" now`},
		{"a key", `pull begins container="cache" now`, `pull begins container="<*>" now`},
		{"a key", `pull ended container="web" soon`, `pull ended container="<*>" soon`},
		{"a key", `kill container="queue" mode="soft"`, `kill container="<*>" mode="soft"`},
		{"a key", `start container="mailer" mode="soft"`, `start container="<*>" mode="soft"`},
		{"what each text has of its own", "begin phase (one) of it", "begin phase (one) of it"},
		{"what each text has of its own", "leave phase (two) at last", "leave phase (two) at last"},
		{"what each text has of its own", "skip phase (three) now", "skip phase (three) now"},
		{"what each text has of its own", "repeat phase (four) once more", "repeat phase (four) once more"},
		{"a list", "partition [orders,4] moved", "partition [<*>,<*>] moved"},
		{"a list", "partition [orders,4] lost", "partition [<*>,<*>] lost"},
		{"a list", "partition [bills,7] lost", "partition [<*>,<*>] lost"},
		{"a list", "for Partition [mails,7] none was found", "for Partition [<*>,<*>] none was found"},
		{"groups", "moved [topic=4444,part=1] away", "moved [topic=<*>,part=<*>] away"},
		{"groups", "moved [topic=4444,part=1], [topic=22,part=7] away", "moved [topic=<*>,part=<*>] away"},
		{"groups", "moved [topic=4444,part=1], [topic=22,part=7], [topic=32,part=77] away", "moved [topic=<*>,part=<*>] away"},
		{"groups alone", "moved [topic=4444,part=1], [topic=22,part=7] away", "moved [topic=<*>,part=<*>], [topic=<*>,part=<*>] away"},
		{"a list of lists", "sent Set([11, 22]), Set([33])", "sent Set([<*>])"},
		{"a list of lists", "sent Set([11])", "sent Set([<*>])"},
		{"no list", "fans ( 17 **** 4 )", "fans ( <*> **** <*> )"},
		{"no list", "fans ( 17 )", "fans ( <*> )"},
		{"strings", "run ['ls', '-l', 'here'] now", "run [<*>] now"},
		{"strings", "run ['cat'] now", "run [<*>] now"},
		{"strings", "run ['du', 'here'] now", "run [<*>] now"},
		{"quoted", "got output of 'ls -l' as asked", "got output of '<*>' as asked"},
		{"quoted", "got output of 'du' as asked", "got output of '<*>' as asked"},
		{"quoted", "got output of 'cat the user's things' as asked", "got output of '<*>' as asked"},
		{"quoted", "it didn't work, isn't it", "it didn't work, isn't it"},
		{"units", "12 KB read, 4 KB left", "<*> read, <*> left"},
		{"units", "1 MB read, 5 KB left", "<*> read, <*> left"},
		{"units", "1 MB done, 5 KB left", "<*> MB done, <*> KB left"},
		{"a name", `volume "data-of-web" mounted`, `volume "<*>" mounted`},
		{"a name", `volume "data-of-queue" mounted`, `volume "<*>" mounted`},
		{"a name", `volume "data-of-mails" mounted`, `volume "<*>" mounted`},
		{"a name", "cannot grow data-of-web for now", "cannot grow <*> for now"},
		{"a name", "see --data-of-web for it", "see --data-of-web for it"},
		{"a name", "data-of-web: closed", "data-of-web: closed"},
		{"two names", "closing file_cache of the house", "closing <*> of the house"},
		{"two names", "closing worker_pool of the house", "closing <*> of the house"},
		{"two names", "file_cache has been seen here", "file_cache has been seen here"},
		{"two names", "worker_pool has been seen here", "worker_pool has been seen here"},
		{"two names", "leave for AUTH_FAILED of it", "leave for AUTH_FAILED of it"},
		{"two names", "leave for AUTH_PASSED of it", "leave for AUTH_PASSED of it"},
		{"two in quotes", "by user 'ann' in '/' at last", "by user '<*>' in '<*>' at last"},
		{"two in quotes", "by user '!b' in '/' at last", "by user '<*>' in '<*>' at last"},
		{"a quoted name", "made by user 'carl' of late", "made by user '<*>' of late"},
		{"a quoted name", `the service "file_cache.d" is up`, `the service "<*>" is up`},
		{"a quoted name", `the service "cache" is up`, `the service "<*>" is up`},
		{"a quoted name", `it has the state 'good' now`, `it has the state 'good' now`},
		{"a quoted name", `it has {'count': 7} of them`, `it has {'count': <*>} of them`},
		{"a kind and a name", "now configmap/etcd-pod has changed", "now <*> has changed"},
		{"a kind and a name", "you may read/write it now", "you may read/write it now"},
		{"an option", "now make it -n kube-system for me", "now make it -n <*> for me"},
		{"a list of names", "all of [file_cache,boxes,door_keeper] are here", "all of [<*>] are here"},
		{"a list of strings", "run ['ls', '-l /tmp'] now", "run [<*>] now"},
		{"a list of strings", "run [2, 3, 'ls'] now", "run [<*>, <*>, '<*>'] now"},
		{"a list in brackets", "serve [DoorKeeper, NightWatch, bell] of it", "serve [<*>] of it"},
		{"a list in brackets", "serve [4f1e77aa, 7a61b9c2] of it", "serve [<*>] of it"},
		{"a list in brackets", "move to [7, 12] of it", "move to [<*>, <*>] of it"},
		{"a list in brackets", "catch [TERM, HUP] of it", "catch [TERM, HUP] of it"},
		{"a list of words", "all of red,green,blue are here", "all of red,green,blue are here"},
		{"empty fields", "[req-4f1e77aa 7a61b9c2 - - -] it is done now", "[<*> <*> <*> <*> <*>] it is done now"},
		{"empty fields", "[req-88aa11bb 1b2c3d4e 77aa88bb - -] it is done now", "[<*> <*> <*> <*> <*>] it is done now"},
		{"dashes", "it is done - at last - now", "it is done - at last - now"},
		{"fields", "act=7|path=7/big house|user=ann|mode=soft", "act=<*>|path=<*>|user=<*>|mode=soft"},
		{"fields", "act=8|path=8/shed|user=|mode=soft", "act=<*>|path=<*>|user=<*>|mode=soft"},
		{"what is written", "took 5 ms statement: open the door", "took <*> ms statement: <*>"},
		{"what is written", "took 7 ms statement: shut the gate of the house", "took <*> ms statement: <*>"},
		{"what is written", "took 7 ms statement: this has failed", "took <*> ms statement: this has failed"},
		{"what is told", "took 5 ms keeper: open the door", "took <*> ms keeper: open the door"},
		{"what is told", "took 7 ms keeper: shut the gate of the house", "took <*> ms keeper: shut the gate of the house"},
		{"key:value", "the door is kept by keeper:ann of it", "the door is kept by keeper:<*> of it"},
		{"key:value", "the door is kept by keeper:bob of it", "the door is kept by keeper:<*> of it"},
		{"the end", "the door is now kept by ann", "the door is now kept by <*>"},
		{"the end", "the door is now kept by bob", "the door is now kept by <*>"},
		{"the end", "the door is now closed", "the door is now closed"},
		{"the end", "the door is now opened", "the door is now opened"},
		{"a missing end", "it goes to the houses: 7", "it goes to the houses: <*>"},
		{"a missing end", "it goes to the houses:", "it goes to the houses: <*>"},
		{"names that open", "DoorKeeper run loop has started", "<*> run loop has started"},
		{"names that open", "BellRinger run loop has started", "<*> run loop has started"},
		{"names that open", "NightWatch run loop has started", "<*> run loop has started"},
		{"two in quotes", "now in state 'good' at last", "now in state 'good' at last"},
		{"two in quotes", "now in state 'bad' at last", "now in state 'bad' at last"},
		{"an empty list", "all of it goes to [] now", "all of it goes to [<*>] now"},
		{"an empty list", "all of it goes to [here, there] now", "all of it goes to [<*>] now"},
		{"keys that vary", "got request {a: 1, b: 2} now", "got request {<*>} now"},
		{"keys that vary", "got request {a: 1} now", "got request {<*>} now"},
		{"keys that vary", "got request {c: 7, deep: {d: 3}} now", "got request {<*>} now"},
		{"a box", "the door is [ ] shut", "the door is [ ] shut"},
		{"a box", "the door is [x] shut", "the door is [x] shut"},
		{"joined by colons", "the door is kept by 8:watch:12:day of it", "the door is kept by <*> of it"},
		{"joined by colons", "the door is kept by 12:watch:night of it", "the door is kept by <*> of it"},
		{"joined by colons", "the door is kept by 7 of it", "the door is kept by <*> of it"},
		{"joined by colons", "open 7: watch", "open <*>: watch"},
		{"no value", "put house7 <none> 1.2 in", "put house7 <*> <*> in"},
		{"a word that ends in signs", "read about c++:4 at last", "read about <*> at last"},
		{"a word that ends in signs", "read about go:4 at last", "read about <*> at last"},
		{"a word that ends in signs", "read about java:17 at last", "read about <*> at last"},
		{"a compound", `volume "read-only" mounted`, `volume "<*>" mounted`},
		{"a compound", `volume "read-write" mounted`, `volume "<*>" mounted`},
		{"a compound", `volume "write-only" mounted`, `volume "<*>" mounted`},
		{"a compound", "the disk is read-only for now", "the disk is read-only for now"},
	} {
		learned[c.name] = append(learned[c.name], [2]string{c.message, c.want})
	}
	for name, cases := range learned {
		t.Run(name, func(t *testing.T) {
			var messages, want []string
			for _, c := range cases {
				messages, want = append(messages, c[0]), append(want, c[1])
			}
			if d := cmp.Diff(want, mineMessages(messages)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}
