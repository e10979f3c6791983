select t.x, e, n from (values (1, array['a', 'b'])) t(x, es), unnest(es) with ordinality u(e, n) order by n
