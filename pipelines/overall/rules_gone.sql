-- rules_gone: rules of scope all that found what stands and are no longer there. Grain: rule. Parameter: $rules: those that are.
select rule from internal.overall_rules where not list_contains($rules::varchar[], rule) order by rule
