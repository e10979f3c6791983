select max('a sum 2 ' || '{sum|1}') = 'a' || chr(1) || 'sum' || chr(2) || '2' || chr(3) || '{sum|1}'
