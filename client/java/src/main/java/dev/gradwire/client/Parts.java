package dev.gradwire.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.GraphPart;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.TensorChunk;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Cuts programs and tensors into messages of at most 1 MiB. */
final class Parts {
    static final int LIMIT_BYTES = 1 << 20;
    /** Tag and length of an entry of a list. */
    private static final int ENTRY_OVERHEAD_BYTES = 6;

    private final String function;
    private final List<GraphPart.Builder> parts;
    private Graph.Builder graph = Graph.newBuilder();
    private int size;

    private Parts(String function, List<GraphPart.Builder> parts) {
        this.function = function;
        this.parts = parts;
    }

    /** Names a request's program by sending it. */
    static List<SessionRequest> open(Request request) {
        Program program = request.program();
        if (program.getSerializedSize() <= LIMIT_BYTES) {
            return List.of(open(openMessage(request).setProgram(program)));
        }
        List<SessionRequest> messages = new ArrayList<>();
        messages.add(open(
                openMessage(request).setProgram(Program.getDefaultInstance()).setGraphContinues(true)));
        of(program)
                .forEach(part -> messages.add(
                        SessionRequest.newBuilder().setGraphPart(part).build()));
        return messages;
    }

    /** Names a request's program by a digest. */
    static SessionRequest open(Request request, ByteString digest) {
        return open(openMessage(request).setDigest(digest));
    }

    private static Open.Builder openMessage(Request request) {
        Open.Builder open = Open.newBuilder().setOptions(request.options());
        if (request.backward() != null) {
            open.setBackward(request.backward());
        }
        return open;
    }

    private static SessionRequest open(Open.Builder open) {
        return SessionRequest.newBuilder().setOpen(open).build();
    }

    /** The whole program. */
    private static List<GraphPart> of(Program program) {
        List<GraphPart.Builder> parts = new ArrayList<>();
        program.getFunctionsMap().forEach((name, body) -> new Parts(name, parts).cut(body));
        new Parts("", parts).cut(program.getGraph());
        parts.getLast().setLast(true);
        return parts.stream().map(GraphPart.Builder::build).toList();
    }

    private void cut(Graph whole) {
        whole.getInputsList().forEach(input -> add(input).addInputs(input));
        whole.getNodesList().forEach(node -> add(node).addNodes(node));
        whole.getOutputsList()
                .forEach(output -> add(ByteString.copyFromUtf8(output).size()).addOutputs(output));
        flush();
    }

    private Graph.Builder add(MessageLite entry) {
        return add(entry.getSerializedSize());
    }

    private Graph.Builder add(int entryBytes) {
        if (size > 0 && size + entryBytes + ENTRY_OVERHEAD_BYTES > LIMIT_BYTES) {
            flush();
        }
        size += entryBytes + ENTRY_OVERHEAD_BYTES;
        return graph;
    }

    private void flush() {
        parts.add(GraphPart.newBuilder().setFunction(function).setGraph(graph));
        graph = Graph.newBuilder();
        size = 0;
    }

    /** A tensor for an input, without copying its bytes unless they are packed; one without elements is one chunk. */
    static void chunks(String input, TensorData data, boolean packed, Consumer<TensorChunk> consumer) {
        ByteString bytes = data.wireBytes();
        int offset = 0;
        do {
            int end = Math.min(bytes.size(), offset + LIMIT_BYTES);
            Packing.Packed piece = Packing.Packed.of(bytes.substring(offset, end), packed);
            TensorChunk.Builder chunk = TensorChunk.newBuilder()
                    .setInput(input)
                    .setOffset(offset)
                    .setEncoding(piece.encoding())
                    .setData(piece.bytes());
            if (offset == 0) {
                chunk.setType(data.type().wire());
            }
            consumer.accept(chunk.build());
            offset = end;
        } while (offset < bytes.size());
    }
}
