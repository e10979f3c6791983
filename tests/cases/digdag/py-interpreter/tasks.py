def f():
    open('out', 'a').write('x')
    print('hello')
