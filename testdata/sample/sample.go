// Package sample holds the material of the sample case: a public support
// bundle of a small Kubernetes cluster and a made-up CI run history of the
// same weeks. ../SOURCES.md says where each comes from.
package sample

import "embed"

// Files is the material, as a customer would send it: a folder with a
// bundle and a run history.
//
//go:embed support-bundle.tar.gz ci-runs-made-up.csv
var Files embed.FS
