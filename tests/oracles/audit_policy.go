// Judges requests by audit policies with the API server's own code: the oracle of
// tests/test_audit_policy_server.py. One JSON document a line in, one out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

type request struct {
	Verb, Resource, Subresource, Group, Namespace, Name, Path, User string
	Groups                                                          []string
}

type question struct {
	Policy   string
	Requests []request
}

type answer struct {
	Error  string     `json:"error"`
	Levels []string   `json:"levels"`
	Omit   [][]string `json:"omit"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(in)
	for {
		var q question
		if err := decoder.Decode(&q); err != nil {
			return
		}
		a := answer{}
		found, err := policy.LoadPolicyFromBytes([]byte(q.Policy))
		if err != nil {
			a.Error = fmt.Sprint(err)
			_ = out.Encode(a)
			continue
		}
		evaluator := policy.NewPolicyRuleEvaluator(found)
		for _, r := range q.Requests {
			config := evaluator.EvaluatePolicyRule(&authorizer.AttributesRecord{
				User:            &user.DefaultInfo{Name: r.User, Groups: r.Groups},
				Verb:            r.Verb,
				Namespace:       r.Namespace,
				APIGroup:        r.Group,
				Resource:        r.Resource,
				Subresource:     r.Subresource,
				Name:            r.Name,
				Path:            r.Path,
				ResourceRequest: r.Path == "",
			})
			omit := []string{}
			for _, stage := range config.OmitStages {
				omit = append(omit, string(stage))
			}
			a.Levels = append(a.Levels, string(config.Level))
			a.Omit = append(a.Omit, omit)
		}
		_ = out.Encode(a)
	}
}
