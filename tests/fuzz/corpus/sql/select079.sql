select sum(x) over (order by o range between interval '1' day preceding and current row) from (values (1,date '2024-01-01'),(2,date '2024-01-02')) t(x,o) order by o
