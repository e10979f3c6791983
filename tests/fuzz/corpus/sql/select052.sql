select listagg(x,',') within group (order by x) from (values 'b','a') t(x)
