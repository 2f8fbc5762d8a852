package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"faultline/analysis"
)

// cleaned returns a copy of a in which every text has gone through Clean, so
// that no place in a document can be forgotten.
func cleaned(a *analysis.Assessment) (*analysis.Assessment, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("copy assessment: %w", err)
	}
	c := new(analysis.Assessment)
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("copy assessment: %w", err)
	}
	clean(reflect.ValueOf(c).Elem())
	return c, nil
}

func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(Clean(v.String()))
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			clean(v.Index(i))
		}
	case reflect.Map:
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, k := range v.MapKeys() {
			nk, nv := reflect.New(k.Type()).Elem(), reflect.New(v.Type().Elem()).Elem()
			nk.Set(k)
			nv.Set(v.MapIndex(k))
			clean(nk)
			clean(nv)
			m.SetMapIndex(nk, nv)
		}
		if !v.IsNil() {
			v.Set(m)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			clean(v.Field(i))
		}
	}
}
