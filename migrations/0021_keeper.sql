-- The keeper writes whose a record about several orgs is, and never asks: a
-- mutation run showed that nothing needs this policy.
drop policy keeper_select on audit_decision_orgs;
revoke select on audit_decision_orgs from cascade_keeper;
