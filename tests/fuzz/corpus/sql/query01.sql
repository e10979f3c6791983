select distinct a, b as "B c", t.*, * from t as t where a = 1 and not b is null or c
