//go:build ignore

// Generates the ent package from ent/schema. Run by "make generate".
package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	err := entc.Generate("./schema", &gen.Config{
		Features: []gen.Feature{
			gen.FeaturePrivacy, gen.FeatureIntercept, gen.FeatureLock, gen.FeatureModifier, gen.FeatureUpsert,
		},
	}, entc.TemplateDir("./template"))
	if err != nil {
		log.Fatal(err)
	}
}
