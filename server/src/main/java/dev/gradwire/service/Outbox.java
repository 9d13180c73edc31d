package dev.gradwire.service;

import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.wire.Zstandard;
import io.grpc.stub.CallStreamObserver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a session sends, in order, no faster than the client reads: a chunk is cut only when the transport asks for
 * more. Owns the tensors in it. Used under the session's lock only.
 */
final class Outbox implements AutoCloseable {
    /** As large as the contract lets a chunk be; other sizes have not been measured. */
    private static final long CHUNK_BYTES = 1 << 20;

    /** Before packing, which takes the thread that sends: it is to be free again soon. */
    private static final long PACKED_CHUNK_BYTES = 256 << 10;

    private sealed interface Item {}

    private record Whole(SessionResponse message, boolean endsRun) implements Item {}

    private static final class Outgoing implements Item {
        private final long runId;
        private final ResultRef result;
        private final HostBuffer buffer;
        private final Lease lease;
        private final Encoding encoding;
        private long sent;

        private Outgoing(long runId, ResultRef result, HostBuffer buffer, Lease lease, Encoding encoding) {
            this.runId = runId;
            this.result = result;
            this.buffer = buffer;
            this.lease = lease;
            this.encoding = encoding;
        }

        private void close() {
            buffer.close();
            lease.close();
        }
    }

    private final CallStreamObserver<Reply> client;
    private final CopyCounts copies;
    private final long chunkBytes;
    private final Deque<Item> items = new ArrayDeque<>();
    private int runs;

    Outbox(CallStreamObserver<Reply> client, Resources resources) {
        this.client = client;
        copies = resources.copies();
        chunkBytes = Math.min(CHUNK_BYTES, resources.limits().get(Limit.MAX_CHUNK_BYTES));
    }

    void add(SessionResponse message) {
        items.add(new Whole(message, false));
    }

    /** Adds the last message of a run. */
    void addEnd(SessionResponse message) {
        items.add(new Whole(message, true));
        runs++;
    }

    /** Runs that are not sent whole yet. */
    int runs() {
        return runs;
    }

    /**
     * Takes over the buffer and the lease for it.
     *
     * @param encoding to use where it makes a chunk smaller
     */
    void add(long runId, ResultRef result, HostBuffer buffer, Lease lease, Encoding encoding) {
        items.add(new Outgoing(runId, result, buffer, lease, encoding));
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    /** Sends as long as the transport takes more without queueing; true if anything went out. */
    boolean send() {
        boolean progress = false;
        while (client.isReady() && !items.isEmpty()) {
            // What is sent is off the list before onNext, which may come back here.
            switch (items.getFirst()) {
                case Whole(SessionResponse message, boolean endsRun) -> {
                    items.removeFirst();
                    runs -= endsRun ? 1 : 0;
                    client.onNext(Reply.of(message));
                }
                case Outgoing tensor -> sendChunk(tensor);
            }
            progress = true;
        }
        return progress;
    }

    private void sendChunk(Outgoing tensor) {
        long length = tensor.buffer.length();
        long begin = tensor.sent;
        boolean raw = Encodings.isRaw(tensor.encoding);
        int size = (int) Math.min(raw ? chunkBytes : Math.min(chunkBytes, PACKED_CHUNK_BYTES), length - begin);
        TensorChunk.Builder chunk = TensorChunk.newBuilder()
                .setResult(tensor.result)
                .setRunId(tensor.runId)
                .setOffset(begin);
        if (begin == 0) {
            chunk.setType(WireTypes.wire(tensor.buffer.type()));
        }
        tensor.sent += size;
        boolean last = tensor.sent == length;
        if (last) {
            items.removeFirst();
        }
        try {
            MemorySegment data = tensor.buffer.memory().asSlice(begin, size);
            byte[] packed = raw ? null : Zstandard.pack(data.toArray(ValueLayout.JAVA_BYTE));
            if (packed == null) {
                client.onNext(Reply.chunk(chunk.build(), data));
                copies.sent(size, tensor.buffer.inPlace());
            } else {
                chunk.setEncoding(tensor.encoding);
                client.onNext(Reply.chunk(chunk.build(), MemorySegment.ofArray(packed)));
            }
        } finally {
            if (last) {
                tensor.close();
            }
        }
    }

    @Override
    public void close() {
        for (Item item : items) {
            if (item instanceof Outgoing tensor) {
                tensor.close();
            }
        }
        items.clear();
    }
}
