select k, count(*) from (values 1, 2) a(k) join (values 1, 3) b(k) using (k) group by k
