package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.security.Caller;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who comes next, and who gives way. */
final class FairQueueTest {
    private final FairQueue queue = new FairQueue();

    private static WaitingCall call(String tenant) {
        Context context = Context.ROOT.withValue(Caller.CURRENT, new Caller(tenant));
        return new WaitingCall(context, () -> {}, _ -> {});
    }

    private void addAll(String tenants) {
        tenants.chars().forEach(tenant -> queue.add(call(Character.toString(tenant))));
    }

    /** The tenants in the order of their turns, where each of their calls takes as long as it says. */
    private String turns(long aNanos, long bNanos) {
        List<String> turns = new ArrayList<>();
        for (WaitingCall next = queue.poll(); next != null; next = queue.poll()) {
            turns.add(next.tenant());
            queue.begin(next, 5);
            queue.end(next, 5, next.tenant().equals("a") ? aNanos : bNanos);
        }
        return String.join("", turns);
    }

    @ParameterizedTest
    @CsvSource({
        "aaaabb, 10, 10, ababaa",
        "aaaabb, 10, 20, abaaba",
        "aaaabbbb, 30, 10, abbbabaa",
        "aaa, 10, 10, aaa",
    })
    void eachTenantGetsTheSameTime(String waiting, long aNanos, long bNanos, String turns) {
        addAll(waiting);
        assertThat(turns(aNanos, bNanos)).isEqualTo(turns);
        assertThat(queue.size()).isZero();
    }

    @Test
    void whoComesBackHasSavedNothingUp() {
        addAll("aaaaaa");
        for (int i = 0; i < 4; i++) {
            WaitingCall next = queue.poll();
            queue.begin(next, 5);
            queue.end(next, 5, 10);
        }
        addAll("bbb");
        assertThat(turns(10, 10)).isIn("babab", "ababb");
    }

    @Test
    void theLongestLineGivesWay() {
        addAll("aaab");
        assertThat(queue.makeRoomFor("a")).isNull();
        WaitingCall gone = queue.makeRoomFor("c");
        assertThat(gone).isNotNull();
        assertThat(gone.tenant()).isEqualTo("a");
        assertThat(queue.makeRoomFor("b")).isNull();
        assertThat(queue.size()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"aaabb, a, 5", "aaabb, b, 5", "aaabb, c, 2", "aaa, a, 3"})
    void tellsHowManyComeBefore(String waiting, String tenant, int before) {
        addAll(waiting);
        assertThat(queue.before(tenant)).isEqualTo(before);
    }

    @Test
    void whatLeavesIsGone() {
        WaitingCall call = call("a");
        queue.add(call);
        assertThat(queue.remove(call)).isTrue();
        assertThat(queue.remove(call)).isFalse();
        assertThat(queue.poll()).isNull();
    }
}
