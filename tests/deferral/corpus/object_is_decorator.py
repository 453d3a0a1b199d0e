from fast import FastAPI  #: no unsafe

app = FastAPI()


@app.get("/")  # decides
def index():
    return app.title
