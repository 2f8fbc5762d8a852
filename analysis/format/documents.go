package format

// documents are the formats that are read item by item, most specific first.
var documents = []func(s *sample) match{
	sniffKubeJSON,
	sniffKubeYAML,
	sniffAPI,
	sniffJenkinsXML,
	sniffEventXML,
	sniffXML,
	sniffJSON,
	sniffYAML,
	sniffKubectl,
	sniffCSV,
	sniffAnsible,
}

// sniffDocument gives the best of the document formats.
func sniffDocument(s *sample) match {
	var best match
	for _, sniff := range documents {
		if m := sniff(s); m.confidence > best.confidence {
			best = m
		}
	}
	return best
}
