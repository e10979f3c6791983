select avg(x) from (values decimal '1.10', decimal '1.25') t(x)
