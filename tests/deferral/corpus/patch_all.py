from gevent import monkey  #: no@self unsafe

monkey.patch_all()
