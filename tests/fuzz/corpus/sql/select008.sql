select a.k, b.k from (values 1) a(k) left join (values 2) b(k) using (k)
