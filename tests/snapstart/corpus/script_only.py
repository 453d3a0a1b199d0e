import time

if __name__ == "__main__":
    STARTED = time.time()
