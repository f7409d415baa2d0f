import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.apache.mesos.Protos.CommandInfo;
import org.apache.mesos.Protos.ExecutorInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.Request;
import org.apache.mesos.Protos.Resource;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.Value;

/** Messages that a framework sends. */
final class Tasks {
  private Tasks() {}

  static TaskInfo command(String id, Offer offer, String command) {
    return task(id, offer).setCommand(shell(command)).build();
  }

  static Collection<TaskInfo> executed(String executor, String[] ids, Offer offer, String command) {
    ExecutorInfo.Builder info = ExecutorInfo.newBuilder().setName(executor).setCommand(shell(command));
    info.getExecutorIdBuilder().setValue(executor);
    info.getFrameworkIdBuilder().mergeFrom(offer.getFrameworkId());
    info.addResources(scalar("cpus", 0.1, offer)).addResources(scalar("mem", 128, offer));
    List<TaskInfo> tasks = new ArrayList<>();
    for (String id : ids) tasks.add(task(id, offer).setExecutor(info).build());
    return tasks;
  }

  static Request request() {
    return Request.newBuilder().addResources(amount("cpus", 1)).build();
  }

  static String rest(String[] words, int from) {
    return String.join(" ", Arrays.copyOfRange(words, from, words.length));
  }

  static long residentKilobytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("\\D", ""));
    }
    throw new IOException("no VmRSS");
  }

  private static CommandInfo.Builder shell(String command) {
    return CommandInfo.newBuilder().setValue(command);
  }

  private static TaskInfo.Builder task(String id, Offer offer) {
    TaskInfo.Builder task = TaskInfo.newBuilder().setName(id).setSlaveId(offer.getSlaveId());
    task.getTaskIdBuilder().setValue(id);
    return task.addResources(scalar("cpus", 0.1, offer)).addResources(scalar("mem", 64, offer));
  }

  private static Resource.Builder amount(String name, double value) {
    return Resource.newBuilder().setName(name).setType(Value.Type.SCALAR).setScalar(Value.Scalar.newBuilder().setValue(value));
  }

  private static Resource.Builder scalar(String name, double value, Offer offer) {
    return amount(name, value).setAllocationInfo(offer.getAllocationInfo());
  }

  /** The bytes of constraints that no host name meets, for roles (the jar has no such message). */
  static final class NoHosts {
    private final Collection<String> roles;

    NoHosts(Collection<String> roles) {
      this.roles = roles;
    }

    public byte[] toByteArray() {
      StringBuilder all = new StringBuilder();
      for (String role : roles) all.append(nested(1, nested(1, role) + nested(2, group())));
      return all.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** groups { attribute_constraints { selector { HOSTNAME } predicate { exists {} } } } */
    private static String group() {
      String selector = "\u0008\u0001";
      String textEquals = nested(3, nested(1, "nowhere"));
      return nested(1, nested(1, nested(1, selector) + nested(2, textEquals)));
    }

    private static String nested(int field, String content) {
      return (char) (field << 3 | 2) + String.valueOf((char) content.length()) + content;
    }
  }
}
