create or replace view v as select a from t
