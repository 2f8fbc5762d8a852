// Package cause knows why things fail: it holds the catalogue of causes,
// finds their signatures in texts, and judges failures.
//
// A catalogue is data, written in YAML (schema faultline.causes/v1, one file
// per theme in assets/causes): causes with signatures (RE2), vetoes, examples
// and the links that fold cascades, themes above them, and noise that is never
// evidence. Load refuses a catalogue whose rules do not pass their own
// examples, so a rule without a test does not exist.
//
// Match finds the signatures in one text. It first looks for the literals that
// the expressions need (one pass of a byte automaton over all of them) and runs
// only those expressions whose literal is there. It is meant for the template
// and a few records of each pattern, for events, states and the messages of
// runs, not for every line of a log.
//
// Judge gives the verdict on one failure: the log of a failed run, or the
// records of a failure pattern with what was seen around them. The verdict is
// deterministic and stores its evidence; there are no probabilities. What the
// catalogue does not know is "unexplained", with the best evidence line found
// by general rules.
//
// # Catalogue files
//
// Every *.yaml file has the key schema: faultline.causes/v1. One of them names
// the catalogue (id, version) and its themes. Keys that are not named here are
// errors.
//
//	noise:                        # looks like a failure and is none
//	- id: best-effort-upload
//	  re: 'RE2'                   # needs a literal of three characters or more
//	  why: one sentence
//	  benign: true                # also labels patterns benign; else only no evidence
//	  where: {format: [text]}     # optional, as below
//	  examples: {match: [...], no_match: [...]}
//	causes:
//	- id: disk-full               # never changes its meaning
//	  title: Disk or volume full
//	  status: stable              # experimental, test, stable (default), deprecated
//	  theme: data                 # failures count here
//	  also: [capacity]
//	  role: origin                # origin, symptom or either
//	  priority: 0                 # between equally strong candidates
//	  refines: [write-failed]     # takes the place of these on the same record or resource
//	  leads_to: [pod-evicted]     # folds these where a key joins the two
//	  kind: derived               # with rule: not visible in one text; needs no signature
//	  sigs:
//	  - re: 'no space left on device'
//	    strength: strong          # strong, medium (needs context), weak (never a verdict)
//	    zone: failing-step        # any (default), failing-step or tail of a run's log
//	    where:                    # all must hold; a field that is absent fails
//	      kind: [event]           # a value, a list, or in, not, re, min (of level), optional
//	      level: {min: warning}
//	  not: ['RE2']                # vetoes on the same record
//	  confirm, fix, ask: sentences
//	  seen: [where the text was read]
//	  examples:
//	    match: ['text', {text: '...', fields: {kind: event}}]
//	    no_match: ['text']
//	sequences:                    # a cascade that leads_to does not cover
//	- {id: x, steps: [{cause: a}, {cause: b}], within: 2m, join: [host]}
//
// The fields of where are kind, format, level, reason, status, exit, host,
// namespace, pod, container, unit and process; those of join are container,
// pod, unit, host, address and namespace.
//
// The package reads no case and no file but the catalogue.
package cause
