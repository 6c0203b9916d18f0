// Evaluates flags with the OpenFeature SDK and one of its providers.
//
//	program ofrep URL TOKEN
//	program flagd FILE
//
// The first line of stdin is a JSON array of {"name", "type"}. Each further line is a context. For
// each context, a line of stdout has an array with [value, variant, error] for each flag.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

	flagd "github.com/open-feature/go-sdk-contrib/providers/flagd/pkg"
	ofrep "github.com/open-feature/go-sdk-contrib/providers/ofrep"
	"github.com/open-feature/go-sdk/openfeature"
)

type flag struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func main() {
	must(openfeature.SetProviderAndWait(createProvider(os.Args[1:])))
	client := openfeature.NewDefaultClient()
	out := json.NewEncoder(os.Stdout)
	input := json.NewDecoder(os.Stdin)
	var flags []flag
	must(input.Decode(&flags))
	for input.More() {
		attributes := map[string]any{}
		must(input.Decode(&attributes))
		key, _ := attributes["targetingKey"].(string)
		delete(attributes, "targetingKey")
		caller := openfeature.NewEvaluationContext(key, attributes)
		answers := make([][]any, 0, len(flags))
		for _, flag := range flags {
			answers = append(answers, evaluate(client, flag, caller))
		}
		must(out.Encode(answers))
	}
}

func createProvider(args []string) openfeature.FeatureProvider {
	if args[0] == "ofrep" {
		return ofrep.NewProvider(args[1], ofrep.WithBearerToken(args[2]))
	}
	provider, err := flagd.NewProvider(flagd.WithFileResolver(), flagd.WithOfflineFilePath(args[1]))
	must(err)
	return provider
}

func evaluate(client *openfeature.Client, flag flag, caller openfeature.EvaluationContext) []any {
	ctx := context.Background()
	var value any
	var details openfeature.EvaluationDetails
	var err error
	switch flag.Type {
	case "boolean":
		var all openfeature.BooleanEvaluationDetails
		all, err = client.BooleanValueDetails(ctx, flag.Name, false, caller)
		value, details = all.Value, all.EvaluationDetails
	case "string":
		var all openfeature.StringEvaluationDetails
		all, err = client.StringValueDetails(ctx, flag.Name, "fallback", caller)
		value, details = all.Value, all.EvaluationDetails
	case "integer":
		var all openfeature.IntEvaluationDetails
		all, err = client.IntValueDetails(ctx, flag.Name, -1, caller)
		value, details = all.Value, all.EvaluationDetails
	case "number":
		var all openfeature.FloatEvaluationDetails
		all, err = client.FloatValueDetails(ctx, flag.Name, -1, caller)
		value, details = all.Value, all.EvaluationDetails
	default:
		var all openfeature.InterfaceEvaluationDetails
		all, err = client.ObjectValueDetails(ctx, flag.Name, nil, caller)
		value, details = all.Value, all.EvaluationDetails
	}
	if err != nil {
		return []any{nil, nil, err.Error()}
	}
	return []any{value, details.Variant, nil}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
