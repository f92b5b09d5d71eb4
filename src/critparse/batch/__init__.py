"""Many records: from a stream of them to Parquet tables, in chunks, by several processes, on one machine or a cluster.

``chunks``      a stream of records cut into numbered chunks
``process``     the pure function from a chunk to its tables
``parsing``     from a record to a document: what a worker loads once
``worker``      the process that works on chunks; ``supervisor``: its other end, which stops what hangs
``local``       an engine: workers on this machine; ``cluster``: an engine: workers on a Ray cluster
``manifest``    what has been written, so that a killed run can be gone on with; ``folder``: the files
``run``         all of it together

Whatever the engine, the number of workers, and however often a run was killed: the same input and configuration give
the same bytes.
"""
