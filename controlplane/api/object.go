package api

import (
	"encoding/json"
	"fmt"
)

// JoinObjects returns one JSON object with the members of several.
func JoinObjects(documents ...any) ([]byte, error) {
	all := []byte{'{'}
	for _, d := range documents {
		data, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		if len(data) < 2 || data[0] != '{' {
			return nil, fmt.Errorf("%T is not a JSON object", d)
		}
		if members := data[1 : len(data)-1]; len(members) > 0 {
			if len(all) > 1 {
				all = append(all, ',')
			}
			all = append(all, members...)
		}
	}
	return append(all, '}'), nil
}
