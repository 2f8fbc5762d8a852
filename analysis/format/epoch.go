package format

// parseEpoch reads seconds (10 digits, a fraction or not), milliseconds,
// microseconds or nanoseconds since 1970.
func parseEpoch(b []byte, c *civil) int {
	i, v := 0, int64(0)
	if len(b) > 6 && b[1] == '.' && digit(b[0]) && digit(b[2]) {
		return parseEpochE(b, c)
	}
	for i < len(b) && i < 20 && digit(b[i]) {
		v = v*10 + int64(b[i]-'0')
		i++
	}
	switch i {
	case 10:
		v *= 1e9
		if i+1 < len(b) && (b[i] == '.' || b[i] == ',') && digit(b[i+1]) {
			scale := int64(100_000_000)
			for i++; i < len(b) && digit(b[i]); i++ {
				v += int64(b[i]-'0') * scale
				scale /= 10
			}
		}
	case 13:
		v *= 1e6
	case 16:
		v *= 1e3
	case 19:
	default:
		return 0
	}
	if i < len(b) && (letter(b[i]) || digit(b[i]) || b[i] == '-' || b[i] == '.' && i+1 < len(b) && digit(b[i+1])) {
		return 0
	}
	if v < 946684800e9 || v > 2208988800e9 { // 2000..2040: anything else is some other number
		return 0
	}
	c.isEpoch, c.epoch, c.zoned = true, v, true
	return i
}

// parseBoot reads the kernel's seconds since boot, "   12.345678".
func parseBoot(b []byte, c *civil) int {
	i := 0
	for i < len(b) && b[i] == ' ' {
		i++
	}
	j, sec := i, int64(0)
	for i < len(b) && i < j+10 && digit(b[i]) {
		sec = sec*10 + int64(b[i]-'0')
		i++
	}
	if i == j || i-j > 9 || i+7 >= len(b) || b[i] != '.' {
		return 0
	}
	micro := int64(0)
	for k := 1; k <= 6; k++ {
		if !digit(b[i+k]) {
			return 0
		}
		micro = micro*10 + int64(b[i+k]-'0')
	}
	if b[i+7] != ']' {
		return 0
	}
	c.never, c.boot, c.epoch = true, true, (sec*1e6+micro)*1e3
	return i + 7
}

// parseEpochE reads seconds since 1970 as zap's console writes them,
// "1.7146446723456E+09".
func parseEpochE(b []byte, c *civil) int {
	i, v, scale := 2, int64(b[0]-'0')*1e18, int64(1e17) // nanoseconds
	for ; i < len(b) && digit(b[i]); i++ {
		v += int64(b[i]-'0') * scale
		scale /= 10
	}
	if i+4 > len(b) || b[i]|0x20 != 'e' || string(b[i+1:i+4]) != "+09" || i+4 < len(b) && digit(b[i+4]) {
		return 0
	}
	if v < 946684800e9 || v > 2208988800e9 || v < 0 {
		return 0
	}
	c.isEpoch, c.epoch, c.zoned = true, v, true
	return i + 4
}
