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
// The package reads no case and no file but the catalogue.
package cause
