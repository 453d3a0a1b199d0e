"""AWS's own answers: deployed functions, their logs and their traffic. Reading only."""
