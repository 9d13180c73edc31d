package dev.gradwire.service;

import com.google.protobuf.UnsafeByteOperations;
import dev.gradwire.graph.Graph;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.wire.ChunkData;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The inputs of a session whose chunks are on their way; owns their buffers until they are complete. */
final class Uploads implements AutoCloseable {
    /** A complete input; whoever takes it owns it. */
    record Complete(String input, HostBuffer buffer, Lease lease) implements AutoCloseable {
        @Override
        public void close() {
            buffer.close();
            lease.close();
        }
    }

    private static final class Upload {
        private final HostBuffer buffer;
        private final Lease lease;
        private long received;

        private Upload(HostBuffer buffer, Lease lease) {
            this.buffer = buffer;
            this.lease = lease;
        }
    }

    private final Resources resources;
    private final Limits limits;
    private final SessionBudget budget;
    private final Map<String, Upload> uploads = new HashMap<>();

    Uploads(Resources resources, SessionBudget budget) {
        this.resources = resources;
        limits = resources.limits();
        this.budget = budget;
    }

    /** Some input of which a chunk has come, but not the last one. */
    Optional<String> underWay() {
        return uploads.keySet().stream().findFirst();
    }

    /**
     * Takes a chunk, and its data out of the transport's memory; gives the input if it is complete now.
     *
     * @param chunk without its data
     * @throws IOException when the data is cut short
     * @throws Refusal when it does not continue the input, or there is no memory for it
     */
    Optional<Complete> add(TensorChunk chunk, ChunkData data, Prepared prepared) throws IOException {
        String name = chunk.getInput();
        if (chunk.getTargetCase() != TensorChunk.TargetCase.INPUT) {
            throw new Refusal(Problem.MISSING_FIELD, "chunk.input").at("chunk.input");
        }
        if (chunk.getRunId() != 0) {
            throw new Refusal(Problem.PROTOCOL_ORDER, "a chunk of an input belongs to no run").at("chunk.run_id");
        }
        limits.checkAt(Limit.MAX_CHUNK_BYTES, data.length(), "a chunk of input '" + name + "'", "chunk.data");
        Upload upload = uploads.get(name);
        if (upload == null) {
            upload = begin(name, chunk, prepared);
            uploads.put(name, upload);
        } else if (chunk.hasType()) {
            requireType(chunk, upload.buffer.type(), "input '" + name + "'");
        }
        if (chunk.getOffset() != upload.received) {
            throw new Refusal(Problem.CHUNK_ORDER, name, chunk.getOffset(), upload.received)
                    .with("node", name)
                    .with("value", Long.toString(chunk.getOffset()))
                    .at("chunk.offset");
        }
        long room = upload.buffer.length() - upload.received;
        ChunkData elements = unpacked(chunk, data, room);
        if (elements.length() > room) {
            long end = upload.received + elements.length();
            throw new Refusal(Problem.CHUNK_SIZE, name, end, upload.buffer.length())
                    .with("node", name)
                    .with("value", Long.toString(end))
                    .at("chunk.data");
        }
        boolean once = elements.copyTo(upload.buffer.memory(), upload.received);
        if (data == elements) {
            resources.copies().received(data.length(), once);
        }
        upload.received += elements.length();
        return upload.received < upload.buffer.length() ? Optional.empty() : Optional.of(complete(name, upload));
    }

    /** @param room for so many bytes is left */
    private ChunkData unpacked(TensorChunk chunk, ChunkData data, long room) throws IOException {
        if (Encodings.isRaw(chunk.getEncoding())) {
            return data;
        }
        try {
            byte[] content = Encodings.unpack(
                    chunk.getEncoding(),
                    data.bytes(),
                    Math.min(room, limits.get(Limit.MAX_CHUNK_BYTES)),
                    "a chunk of input '" + chunk.getInput() + "'",
                    limits);
            return ChunkData.of(UnsafeByteOperations.unsafeWrap(content));
        } catch (Refusal e) {
            throw e.with("node", chunk.getInput()).at("chunk.encoding");
        }
    }

    private Upload begin(String name, TensorChunk chunk, Prepared prepared) {
        TensorType type = null;
        for (Graph.Input input :
                prepared.compiled().program().recording().graph().inputs()) {
            if (input.name().equals(name)) {
                type = input.value().type();
                break;
            }
        }
        if (type == null) {
            throw new Refusal(Problem.UNKNOWN_INPUT, name).with("value", name).at("chunk.input");
        }
        if (!chunk.hasType()) {
            throw new Refusal(Problem.MISSING_FIELD, "chunk.type")
                    .with("node", name)
                    .at("chunk.type");
        }
        requireType(chunk, type, "input '" + name + "'");
        Lease lease = budget.keep(type.lengthInBytes());
        try {
            return new Upload(
                    HostBuffer.toFill(resources.engine(), prepared.settings().device(), type), lease);
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
    }

    private void requireType(TensorChunk chunk, TensorType wanted, String what) {
        try {
            TensorType given =
                    WireTypes.type(chunk.getType().getDtype(), chunk.getType().getDimsList(), what, limits);
            RunHandler.requireType(given, wanted, what);
        } catch (Refusal e) {
            throw e.with("node", chunk.getInput()).at("chunk.type");
        }
    }

    private Complete complete(String name, Upload upload) {
        String what = "input '" + name + "'";
        try {
            TensorCodec.requireBools(upload.buffer.type(), upload.buffer.memory(), what);
        } catch (Refusal e) {
            throw e.with("node", name).at("chunk.data");
        }
        uploads.remove(name);
        return new Complete(name, upload.buffer, upload.lease);
    }

    @Override
    public void close() {
        uploads.values().forEach(upload -> {
            upload.buffer.close();
            upload.lease.close();
        });
        uploads.clear();
    }
}
