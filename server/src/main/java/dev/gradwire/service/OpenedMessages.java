package dev.gradwire.service;

import com.google.protobuf.Message;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.Opened;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.ValueType;
import java.util.ArrayList;
import java.util.List;

/** The answer to Open: as many messages as its lists need. */
final class OpenedMessages {
    private final long maxBytes;
    private final List<SessionResponse> messages = new ArrayList<>();
    private Opened.Builder current = Opened.newBuilder();
    private long bytes;

    private OpenedMessages(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    static List<SessionResponse> of(Prepared prepared, Limits limits) {
        OpenedMessages opened = new OpenedMessages(limits.get(Limit.MAX_CHUNK_BYTES));
        for (ValueType type : Encoder.types(prepared.compiled())) {
            opened.makeRoom(type);
            opened.current.addTypes(type);
        }
        for (GradFn gradFn : prepared.gradFns()) {
            opened.makeRoom(gradFn);
            opened.current.addGradFns(gradFn);
        }
        opened.current.setPrice(Encoder.price(prepared.plan().price())).setDigest(prepared.digest());
        opened.end();
        return opened.messages;
    }

    private void makeRoom(Message item) {
        int size = item.getSerializedSize() + 8;
        if (bytes > 0 && bytes + size > maxBytes) {
            current.setContinues(true);
            end();
            current = Opened.newBuilder();
            bytes = 0;
        }
        bytes += size;
    }

    private void end() {
        messages.add(SessionResponse.newBuilder().setOpened(current).build());
    }
}
