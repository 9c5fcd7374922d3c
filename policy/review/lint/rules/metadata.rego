# METADATA
# title: Every rule says what it is for
# description: |
#   Each package and each rule has METADATA with a title and a description, because
#   a policy is read more often by those who must judge it than by its author.
package lint.rules.metadata

# METADATA
# title: Findings
# description: Each package and rule without it.
# scope: document
findings contains {"at": file.at, "message": message} if {
	some file in input.packages
	not described(file, "package")
	message := sprintf("package %s has no METADATA", [file.package])
}

findings contains {"at": clauses[0].at, "message": message} if {
	some path, clauses in input.rules
	not annotated(clauses)
	message := sprintf("%s has no METADATA", [path])
}

findings contains {"at": annotation.at, "message": message} if {
	some file in input.packages
	some annotation in file.annotations
	some field in ["title", "description"]
	trim_space(annotation[field]) == ""
	message := sprintf("METADATA without a %s", [field])
}

described(file, scope) if {
	some annotation in file.annotations
	annotation.scope == scope
}

annotated(clauses) if {
	some clause in clauses
	clause.annotations != []
}
