select avg(x'''''''''''''''''''''''''''''''''''''''''''''''''') from (values decimal '1.00') t(x) where x > 5
